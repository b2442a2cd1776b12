/** What the hostile peers of this process have done: an attack that did not take place is not held. */
export const tally: { connections: number; bytes: number } = { connections: 0, bytes: 0 }
