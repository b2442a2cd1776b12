import { MINUTE } from '@sapwood/transport-v1v2/environment'

/** Milliseconds in which the server itself knows a message that comes twice: its default. */
export const DUPLICATE_WINDOW: number = 2 * MINUTE
