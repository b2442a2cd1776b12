import type { Random } from '../../environment/random.ts'

/** What is sent around one message: sizes of the contents of decoy packets, in bytes, each 0 to 4,000,013. */
export interface ShapingPlan {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/**
 * A strategy that hides what a connection's traffic looks like behind decoy packets, which the remote drops.
 */
export interface Shaping {
  /**
   * Asked once for each message to be sent.
   * @param contentsLength length of the message's contents: its id or command, and its payload.
   * @returns undefined for no decoys.
   */
  plan(contentsLength: number, random: Random): ShapingPlan | undefined
}
