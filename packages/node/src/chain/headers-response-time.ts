import { MINUTE } from '@sapwood/transport-v1v2/environment'

/**
 * Milliseconds for which a `getheaders` may be unanswered before it counts as lost, and another peer is asked
 * (Core, `HEADERS_RESPONSE_TIME`).
 */
export const HEADERS_RESPONSE_TIME: number = 2 * MINUTE
