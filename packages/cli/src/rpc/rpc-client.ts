import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CommandError } from '../errors/command-error.ts'
import { EXIT } from '../errors/exit-code.ts'
import { COOKIE_FILE } from './credentials.ts'

/** Where a node answers, and how one is let in. */
export interface RpcTarget {
  readonly host: string
  readonly port: number
  /** The folder of the chain, in which the cookie is. */
  readonly folder: string
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/**
 * Calls a node that runs.
 * @throws CommandError 3 where none answers, 4 where it lets nobody in, 1 with its
 * words.
 */
export async function callNode(
  { host, port, folder }: RpcTarget,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  const cookie = await readFile(join(folder, COOKIE_FILE), 'utf8').catch((error: unknown) => {
    throw new CommandError(`no node runs in ${folder}: there is no ${COOKIE_FILE}`, EXIT.unreachable, error)
  })
  const place = `${host}:${port}`
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method, params })
  let status: number | undefined
  let said: string
  try {
    const response = await post({ host, port, auth: cookie, signal }, body)
    status = response.statusCode
    said = await text(response)
  } catch (error) {
    throw new CommandError(`nothing answers on ${place}`, EXIT.unreachable, error)
  }
  if (status === 401) throw new CommandError('the cookie is not that of the node', EXIT.refused)
  const { result, error } = readAnswer(
    said,
    `what answers on ${place} does not answer as a node: HTTP ${status}`,
  )
  if (error !== undefined) throw new CommandError(`error code: ${error.code}, ${error.message}`)
  return result
}

/** No limit of time: some calls wait for what happens. */
function post(
  options: {
    readonly host: string
    readonly port: number
    readonly auth: string
    readonly signal: AbortSignal
  },
  body: string,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ ...options, method: 'POST' }, resolve)
      .on('error', reject)
      .end(body)
  })
}

function readAnswer(said: string, otherwise: string): Answer {
  let answer: unknown
  try {
    answer = JSON.parse(said)
  } catch {
    answer = undefined
  }
  if (typeof answer === 'object' && answer !== null && ('result' in answer || 'error' in answer)) {
    return answer as Answer
  }
  throw new CommandError(otherwise, EXIT.refused)
}
