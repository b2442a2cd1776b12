/**
 * Bitcoin Core's codes of failed calls.
 * https://github.com/bitcoin/bitcoin/blob/master/src/rpc/protocol.h
 * @module
 */

/** Core's `RPCErrorCode`, as far as a method here ends in one. */
export const RPC_CODE = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  parseError: -32700,
  misc: -1,
  typeError: -3,
  invalidAddressOrKey: -5,
  invalidParameter: -8,
  deserialization: -22,
  clientNodeAlreadyAdded: -23,
  clientNodeNotAdded: -24,
  verifyRejected: -26,
  clientNodeNotConnected: -29,
  clientInvalidIpOrSubnet: -30,
  clientP2pDisabled: -31,
} as const

/** A call that ends in an error with Core's code. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number

  constructor(code: number, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** The caller is told what would have been right (Core, `RPC_INVALID_PARAMETER`). */
export function invalidParameter(message: string): RpcError {
  return new RpcError(RPC_CODE.invalidParameter, message)
}
