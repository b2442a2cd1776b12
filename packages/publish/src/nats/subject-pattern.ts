/** Tokens between dots, none of which stands for others; nor may a space be in one. */
const SUBJECT = /^[^\s.*>]+(?:\.[^\s.*>]+)*$/
/** What a stream may be called, and everything that is made of its name. */
const STREAM_NAME = /^[^\s.*>/\\]+$/

/** Whether something can be published to it. */
export function isSubject(text: string): boolean {
  return SUBJECT.test(text)
}

/** Whether a stream can be called so. */
export function isStreamName(text: string): boolean {
  return STREAM_NAME.test(text)
}

/** Whether a pattern stands for a subject: `*` for any one token, `>` for all that follow, one at least. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const tokens = subject.split('.')
  const wanted = pattern.split('.')
  const isOpen = wanted.at(-1) === '>'
  const fixed = isOpen ? wanted.slice(0, -1) : wanted
  if (isOpen ? tokens.length <= fixed.length : tokens.length !== fixed.length) return false
  return fixed.every((token, index) => token === '*' || token === tokens[index])
}
