import { formatPeerAddress, isRoutable, type Network } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { readInput } from '../decoding/read-input.ts'
import type { OutputOptions } from '../options/common-options.ts'
import type { Kind } from '../options/kinds.ts'
import { readAddress } from '../options/read-address.ts'
import { printableLines } from '../terminal/printable.ts'
import { createReport } from '../terminal/report.ts'

/** What `sapwood decode` is told. */
export interface DecodeOptions extends OutputOptions {
  readonly network: Network
  readonly as?: Kind
  readonly command?: string
}

/** Says what bytes, or an address, mean. Nothing is sent anywhere. */
export async function decodeCommand(
  argument: string,
  options: DecodeOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const report = createReport(surroundings.io, options)
  const input = await readInput(argument, surroundings)
  if ('text' in input) {
    const address = readAddress(input.text, options.network)
    const { network, port } = address
    const routable = address.network === 'name' ? undefined : isRoutable(address)
    const text = formatPeerAddress(address)
    report.line(
      { type: 'address', network, address: text, port, ...(routable !== undefined && { routable }) },
      () => `${text}  ${network}${routable === false ? ', not of the public network' : ''}`,
    )
    return EXIT.done
  }
  // An address needs none of it.
  const { decodeBytes } = await import('../decoding/decode-bytes.ts')
  for (const found of decodeBytes(input.bytes, options.as, options.command)) {
    const { line, text } = found()
    report.line(line, () => printableLines(text))
    await surroundings.io.ready()
    surroundings.signal.throwIfAborted()
  }
  return EXIT.done
}
