/**
 * Milliseconds for which a request for a block of the best chain is held, since the program that serves
 * blocks may have it in a moment, it or its proof: it gets them by their headers, as whoever asks does.
 */
export const BLOCK_HOLD = 20_000
