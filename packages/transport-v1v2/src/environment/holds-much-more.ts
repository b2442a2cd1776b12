/** Bytes of a chunk beyond a view of it that the view may keep alive. */
const MAX_SLACK_BYTES = 4_096

/**
 * Whether a view keeps a chunk alive that is of more than twice its size: what is kept for long is copied
 * then, since else a few bytes would hold whatever their sender put around them.
 */
export function holdsMuchMore(view: Uint8Array): boolean {
  return view.buffer.byteLength > 2 * view.length + MAX_SLACK_BYTES
}
