/**
 * Calls as Bitcoin Core takes them: JSON-RPC 2.0, and 1.1 as it was before that.
 * https://github.com/bitcoin/bitcoin/blob/master/doc/JSON-RPC-interface.md
 * @module
 */

import { rpcMethods } from './methods/control-methods.ts'
import { parseJson } from './parse-json.ts'
import { RpcArguments } from './rpc-arguments.ts'
import type { RpcContext } from './rpc-context.ts'
import { RPC_CODE, RpcError } from './rpc-error.ts'

/** Calls in one batch, at most. */
const MAX_BATCH = 1_000

/**
 * Characters of a batch's answer, at most, before the rest of its calls are refused: a thousand blocks would
 * be gigabytes. Twice a request of the greatest size.
 */
const MAX_BATCH_ANSWER = 0x04000000

/** What goes back: the status of HTTP, and the text, which a notification has none of. */
interface RpcAnswer {
  readonly status: number
  readonly body?: string
}

/** One reply, before it is text. */
interface Reply {
  readonly status: number
  readonly body: object | undefined
}

/** Answers what a body asks. Nothing that it says throws. */
export async function answerRpc(body: string, context: RpcContext): Promise<RpcAnswer> {
  let request: unknown
  try {
    request = parseJson(body)
  } catch (error) {
    return asText(failed(error, null, false))
  }
  if (typeof request !== 'object' || request === null) {
    return asText(failed(new RpcError(RPC_CODE.parseError, 'Top-level object parse error'), null, false))
  }
  if (!Array.isArray(request)) return asText(await answerOne(request, context))
  if (request.length > MAX_BATCH) {
    return asText(failed(new RpcError(RPC_CODE.invalidRequest, `More than ${MAX_BATCH} calls`), null, false))
  }
  const replies: string[] = []
  let size = 0
  // One after the other, as Core does: what a call changes holds for the next.
  for (const each of request as readonly unknown[]) {
    context.signal.throwIfAborted()
    const { body: reply } = size > MAX_BATCH_ANSWER ? tooLarge(each) : await answerOne(each, context)
    if (reply === undefined) continue
    const text = JSON.stringify(reply)
    size += text.length
    replies.push(text)
  }
  if (replies.length === 0 && request.length > 0) return { status: 204 }
  return { status: 200, body: `[${replies.join(',')}]\n` }
}

/** Of a call that is not made, since those before it fill the answer. */
function tooLarge(request: unknown): Reply {
  const { jsonrpc, id } = (request ?? {}) as { readonly jsonrpc?: unknown; readonly id?: unknown }
  const error = new RpcError(RPC_CODE.misc, `The answer to the batch has more than ${MAX_BATCH_ANSWER} bytes`)
  return failed(error, id ?? null, jsonrpc === '2.0')
}

function asText({ status, body }: Reply): RpcAnswer {
  return body === undefined ? { status } : { status, body: `${JSON.stringify(body)}\n` }
}

async function answerOne(request: unknown, context: RpcContext): Promise<Reply> {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return failed(new RpcError(RPC_CODE.invalidRequest, 'Invalid Request object'), null, false)
  }
  const { jsonrpc, id, method, params } = request as Record<string, unknown>
  const isV2 = jsonrpc === '2.0'
  // In 2.0 a call without an id wants no answer.
  const isNotification = isV2 && !('id' in request)
  const answerId = id ?? null
  try {
    if (jsonrpc !== undefined && jsonrpc !== '2.0' && jsonrpc !== '1.0' && jsonrpc !== '1.1') {
      throw new RpcError(RPC_CODE.invalidRequest, 'JSON-RPC version not supported')
    }
    if (typeof method !== 'string') throw new RpcError(RPC_CODE.invalidRequest, 'Missing method')
    const found = rpcMethods.get(method)
    if (found === undefined) throw new RpcError(RPC_CODE.methodNotFound, 'Method not found')
    const result = (await found.run(context, new RpcArguments(found.parameters, params))) ?? null
    if (isNotification) return { status: 204, body: undefined }
    return {
      status: 200,
      body: isV2 ? { jsonrpc: '2.0', result, id: answerId } : { result, error: null, id: answerId },
    }
  } catch (error) {
    if (isNotification) return { status: 204, body: undefined }
    return failed(error, answerId, isV2)
  }
}

function failed(error: unknown, id: unknown, isV2: boolean): Reply {
  const { code, message } =
    error instanceof RpcError
      ? error
      : { code: RPC_CODE.misc, message: error instanceof Error ? error.message : String(error) }
  const fault = { code, message }
  if (isV2) return { status: 200, body: { jsonrpc: '2.0', error: fault, id } }
  return { status: httpStatus(code), body: { result: null, error: fault, id } }
}

/** Core, `JSONErrorReply`. */
function httpStatus(code: number): number {
  if (code === RPC_CODE.invalidRequest) return 400
  return code === RPC_CODE.methodNotFound ? 404 : 500
}
