import { expect, it } from 'vitest'
import { answerPage } from './answer-page.ts'

/** @param policy `null`: there is none yet. */
function ask(url: string | undefined, policy: string | null = "default-src 'self'"): number {
  let status = 0
  const response = {
    writeHead: (code: number) => {
      status = code
      return response
    },
    end: () => response,
  }
  const fileOf = (path: string) =>
    path === '/a' ? { type: 'text/plain', body: Uint8Array.of(97) } : undefined
  answerPage({ url }, response as never, { fileOf, policy: () => policy ?? undefined })
  return status
}

it.each([
  ['/a', 200],
  ['/a?b#c', 200],
  ['/b', 404],
  ['//', 400],
  ['http://[', 400],
  [undefined, 404],
])('answers %j by %d', (url, status) => {
  expect(ask(url)).toBe(status)
})

it('has nothing to give before all that the page needs is there', () => {
  expect(ask('/a', null)).toBe(503)
})
