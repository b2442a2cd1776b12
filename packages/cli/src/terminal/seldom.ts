import type { Clock, Instant } from '@sapwood/transport-v1v2/environment'

/** Tells a line that is the same as the last one again only after so many milliseconds. */
export function seldom(
  clock: Clock,
  milliseconds: number,
  tell: (text: string) => void,
): (text: string) => void {
  let last: { readonly text: string; readonly at: Instant } | undefined
  return (text) => {
    const at = clock.now()
    if (last?.text === text && at - last.at < milliseconds) return
    last = { text, at }
    tell(text)
  }
}
