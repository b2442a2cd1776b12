import { join } from 'node:path'

/** What `npm run bench` has built: the processes that are measured are those that a user has. */
export const BUILT: string = join(import.meta.dirname, '../../dist')
