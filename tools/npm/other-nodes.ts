/** Releases of Node.js that npm's platform packages have, beside the one that runs us. */
export const OTHER_NODES = { '22': '22.23.5', '24': '24.22.3' } as const
