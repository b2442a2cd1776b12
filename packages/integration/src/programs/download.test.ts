import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { download } from './download.ts'

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) & 0xff))
const SHA256 = createHash('sha256').update(BYTES).digest('hex')

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-download-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Served {
  /** `Range` of each request; undefined without one. */
  readonly asked: (string | undefined)[]
  readonly url: string
}

/** Serves the file as a web server does, by ranges, cut off after so many bytes of each answer. */
async function serve(
  act: (served: Served, file: string) => Promise<void>,
  answer: (request: IncomingMessage, response: ServerResponse, nth: number) => void,
): Promise<void> {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.headers.range)
    answer(request, response, asked.length)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await act({ asked, url: `http://127.0.0.1:${port}/file` }, join(folder, 'downloads/file'))
  server.close()
  server.closeAllConnections()
}

const startOf = ({ headers }: IncomingMessage): number => Number(/\d+/.exec(headers.range ?? '0')?.[0])

/** A part of the file, of which no more than `most` bytes come before the connection is cut. */
function part(request: IncomingMessage, response: ServerResponse, most = Infinity): void {
  const start = startOf(request)
  if (start >= BYTES.length) {
    response.writeHead(416).end()
    return
  }
  const rest = BYTES.subarray(start)
  response.writeHead(start === 0 ? 200 : 206, {
    'content-length': rest.length,
    ...(start > 0 && { 'content-range': `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` }),
  })
  if (rest.length <= most) response.end(rest)
  else response.write(rest.subarray(0, most), () => setImmediate(() => response.destroy()))
}

const file = { sha256: SHA256, maxSize: 1_000_000 }

describe('a download', () => {
  it('that is cut goes on where it was, within a call', () =>
    serve(
      async ({ url, asked }, to) => {
        const said: string[] = []
        await download({ url, ...file }, to, (line) => said.push(line))
        expect(readFileSync(to).equals(BYTES)).toBe(true)
        expect(asked.length).toBeGreaterThan(2)
        expect(asked[0]).toBeUndefined()
        expect(asked.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
        expect(said.some((line) => line.includes('asked for again'))).toBe(true)
        expect(said.at(-1)).toMatch(/100 % of 300000 bytes/)
      },
      (request, response) => part(request, response, 120_000),
    ))

  it('goes on where an earlier process was, and asks for nothing but the rest', () =>
    serve(
      async ({ url, asked }, to) => {
        const down = { url, ...file }
        await expect(download(down, to)).rejects.toMatchObject({ code: 'command-failed' })
        const { length } = readFileSync(to)
        expect(length).toBe(120_000)
        await download(down, to)
        expect(asked.at(-1)).toBe(`bytes=${length}-`)
        expect(readFileSync(to).equals(BYTES)).toBe(true)
        // All of it is there: a server says that there is no more, and the hash that it is right.
        await download(down, to)
        expect(asked.at(-1)).toBe('bytes=300000-')
      },
      (request, response, nth) => {
        if (nth === 1 || nth > 4) part(request, response, nth === 1 ? 120_000 : Infinity)
        else response.destroy()
      },
    ))

  it('begins anew where the server knows no ranges, or gives another', () =>
    serve(
      async ({ url, asked }, to) => {
        await download({ url, ...file }, to)
        expect(readFileSync(to).equals(BYTES)).toBe(true)
        expect(asked.map((range) => range !== undefined)).toEqual([false, true, false, true])
      },
      (request, response, nth) => {
        if (nth === 1 || nth === 3) part(request, response, 120_000)
        else if (nth === 2) {
          response.writeHead(206, { 'content-range': 'bytes 7-9/10', 'content-length': 3 }).end('abc')
        } else response.writeHead(200, { 'content-length': BYTES.length }).end(BYTES)
      },
    ))

  it('whose beginning was of something else is fetched anew, once', () =>
    serve(
      async ({ url, asked }, to) => {
        await expect(download({ url, ...file }, to)).resolves.toBeUndefined()
        writeFileSync(to, 'of yesterday')
        await download({ url, ...file }, to)
        expect(readFileSync(to).equals(BYTES)).toBe(true)
        expect(asked.slice(1)).toEqual(['bytes=12-', undefined])
      },
      (request, response) => part(request, response),
    ))

  it('that is not what it is to be leaves nothing behind', () =>
    serve(
      async ({ url, asked }, to) => {
        const wrong = { url, ...file, sha256: '00'.repeat(32) }
        await expect(download(wrong, to)).rejects.toMatchObject({ code: 'checksum-mismatch' })
        await expect(download({ url, ...file, maxSize: 1_000 }, to)).rejects.toMatchObject({
          code: 'archive-too-large',
        })
        expect(existsSync(to)).toBe(false)
        expect(asked).toEqual([undefined, undefined])
      },
      (request, response) => part(request, response),
    ))

  it('that is refused is not asked for again', () =>
    serve(
      async ({ url, asked }, to) => {
        await expect(download({ url, ...file }, to)).rejects.toThrow(/status 404/)
        expect(asked.length).toBe(1)
      },
      (_, response) => response.writeHead(404).end(),
    ))
})
