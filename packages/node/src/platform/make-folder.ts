import { NodeError } from '../errors/node-error.ts'

/** @throws NodeError `store-failed`: a web page has no folders. */
export const makeFolder: (folder: string) => Promise<void> = (folder) =>
  Promise.reject(new NodeError('store-failed', 'A web page has no folders.', { detail: folder }))
