import { createPeer } from '@sapwood/peer'
import type { Connection } from '@sapwood/transport-v1v2'
import { addAbortListener, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import type { Network, PeerAddress } from '@sapwood/wire-codec'
import { CaptureFiles, type CaptureTarget } from '../capturing/capture-files.ts'
import { openConnection } from '../connecting/open-connection.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { ofDisconnect } from '../errors/explain-failure.ts'
import { describeDisconnect } from '../messages/describe-disconnect.ts'
import type { CommonOptions } from '../options/common-options.ts'
import { readAddress } from '../options/read-address.ts'
import { createReport } from '../terminal/report.ts'

/** What `sapwood capture` is told. */
export interface CaptureOptions extends CommonOptions {
  readonly dir?: string
  readonly pcapng?: string
  /** Milliseconds after which it has seen enough. */
  readonly for?: number
}

/** Writes what a peer and we say to each other, until that is enough, Ctrl-C, or the connection's end. */
export async function captureCommand(
  text: string,
  options: CaptureOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { clock, signal, io } = surroundings
  const { network, dir, pcapng } = options
  const address = readAddress(text, network)
  const report = createReport(io, options)
  if (dir === undefined && pcapng === undefined) throw usageError('say where: --dir, --pcapng, or both')
  const target: CaptureTarget = {
    ...(dir !== undefined && { folder: dir }),
    ...(pcapng !== undefined && { pcapng }),
  }
  // Nobody is dialled for what cannot be written.
  if (dir !== undefined) await (await import('@sapwood/node')).makeFolder(dir)
  const connection = await openConnection(address, options, surroundings, () => undefined)
  const files = openFiles(target, connection, address, network)
  let count = 0
  let failure: Error | undefined
  const peer = createPeer(
    connection,
    { network, kind: 'manual', address, askForAddresses: true, timeouts: { handshake: options.timeout } },
    { clock },
  )
  const enough = (): void => void peer.disconnect({ detail: '' })
  const written = (write: () => void): void => {
    try {
      if (failure === undefined) write()
    } catch (error) {
      failure = new CommandError(
        `the capture cannot be written: ${(error as Error).message}`,
        EXIT.failed,
        error,
      )
      enough()
    }
  }
  // In the turn in which the peer was made: our own version has left by then, and is still told of.
  peer.events.on('trace', ({ direction, command, payload, at }) =>
    written(() => {
      files.write(direction, command, payload, at)
      count++
    }),
  )
  addAbortListener(signal, enough)
  let cancel = (): void => undefined
  try {
    const { userAgent } = await peer.handshake
    if (options.for !== undefined) cancel = clock.setTimer(options.for, enough)
    report.note(`connected to ${userAgent}; Ctrl-C ends the capture`)
    await peer.closed
  } catch (error) {
    throw failure ?? error
  } finally {
    removeAbortListener(signal, enough)
    cancel()
    await peer.disconnect()
    written(() => files.close())
  }
  if (failure !== undefined) throw failure
  const { reason } = await peer.closed
  report.line(
    { type: 'capture', messages: count, code: reason.code, reason: describeDisconnect(reason) },
    () => `${count} messages; ${describeDisconnect(reason)}`,
  )
  if (signal.aborted) return EXIT.interrupted
  return reason.code === 'requested' ? EXIT.done : ofDisconnect(reason)
}

/** What cannot be written is told to the user, and nothing to the remote. */
function openFiles(
  target: CaptureTarget,
  connection: Connection,
  address: PeerAddress,
  network: Network,
): CaptureFiles {
  try {
    return new CaptureFiles(target, address, network)
  } catch (error) {
    connection.abort(new Error('done'))
    throw error
  }
}
