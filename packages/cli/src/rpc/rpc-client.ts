import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
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
  let response: Response
  try {
    response = await fetch(`http://${host.includes(':') ? `[${host}]` : host}:${port}/`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` },
      body: JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }),
      signal,
    })
  } catch (error) {
    throw new CommandError(`nothing answers on ${host}:${port}`, EXIT.unreachable, error)
  }
  if (response.status === 401) throw new CommandError('the cookie is not that of the node', EXIT.refused)
  const answer = (await response.json()) as {
    readonly result?: unknown
    readonly error?: { readonly code: number; readonly message: string }
  }
  if (answer.error !== undefined) {
    throw new CommandError(`error code: ${answer.error.code}, ${answer.error.message}`)
  }
  return answer.result
}
