/** What bytes can be taken for. */
export const KINDS = ['message', 'blockfile', 'capture', 'transaction', 'block', 'header', 'payload'] as const

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number]
