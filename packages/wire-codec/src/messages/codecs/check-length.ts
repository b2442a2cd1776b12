/** Refuses to send more than a peer accepts. @throws RangeError */
export function checkLength(what: string, length: number, limit: number, least = 0): void {
  if (length < least || length > limit) {
    throw new RangeError(`${what}: ${length}, not ${least} to ${limit}`)
  }
}
