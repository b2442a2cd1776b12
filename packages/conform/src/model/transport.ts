/** The framings of the protocol: v1, and v2 of BIP324. */
export type Transport = 'v1' | 'v2'
