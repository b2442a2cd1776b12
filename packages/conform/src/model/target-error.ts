/** There is nothing to run the suite on: a port that is taken, a program that fails before it dials. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
}
