import { createNode, createTcpListener } from '@sapwood/node'
import { addAbortListener, removeAbortListener, whenAborted } from '@sapwood/transport-v1v2/environment'
import { fallbackOf } from '../connecting/build-route.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { natsFailure } from '../errors/nats-failure.ts'
import { loadPackage } from '../optional/load-package.ts'
import type { CommonOptions } from '../options/common-options.ts'
import { createReport } from '../terminal/report.ts'

/** What `sapwood observe` is told. */
export interface ObserveOptions extends CommonOptions {
  readonly nats: string
  /** The port of 127.0.0.1 on which nodes may dial us. */
  readonly listen?: number
  /** Milliseconds after which it has seen enough. */
  readonly for?: number
}

/** What `@sapwood/publish` needs to speak to NATS in these events. */
const NATS_PACKAGES = '@nats-io/transport-node @nats-io/jetstream @nats-io/kv @bufbuild/protobuf'

async function load(): Promise<
  typeof import('@sapwood/publish/nats') & typeof import('@sapwood/publish/observe')
> {
  return { ...(await import('@sapwood/publish/nats')), ...(await import('@sapwood/publish/observe')) }
}

/** Tells over NATS what peers do and say, in the events of peer-observer, until that is enough. */
export async function observeCommand(
  addresses: readonly string[],
  options: ObserveOptions,
  { clock, signal, io }: Surroundings,
): Promise<ExitCode> {
  const { network, listen, nats } = options
  if (addresses.length === 0 && listen === undefined) {
    throw usageError('say whom: addresses to dial, --listen for nodes that dial us, or both')
  }
  const report = createReport(io, options)
  const { connectNats, createEventSender, observeNode } = await loadPackage('observe', NATS_PACKAGES, load)
  const connection = await connectNats(nats).catch((cause: unknown) => {
    throw natsFailure(cause)
  })
  const sender = createEventSender(connection)
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  let cancel = (): void => undefined
  try {
    await using node = await createNode(
      {
        network,
        connect: addresses,
        dnsSeeds: false,
        fixedSeeds: false,
        fallback: fallbackOf(options),
      },
      {
        clock,
        ...(listen !== undefined && { listeners: [createTcpListener({ host: '127.0.0.1', port: listen })] }),
      },
    )
    observeNode(node, { send: (subject, event) => sender.send(subject, event) })
    const [where] = node.network.listening()
    // As the client names it: what was given may hold a password.
    const server = connection.getServer()
    report.line(
      { type: 'observing', nats: server, ...(where !== undefined && { listening: where }) },
      () => `observing; events go to ${server}${where === undefined ? '' : `, nodes may dial ${where}`}`,
    )
    if (options.for !== undefined) cancel = clock.setTimer(options.for, stop)
    addAbortListener(signal, stop)
    if (signal.aborted) stop()
    await whenAborted(stopping.signal)
  } finally {
    removeAbortListener(signal, stop)
    cancel()
    await connection.close()
  }
  const { sent, dropped } = sender
  report.line({ type: 'observed', sent, dropped }, () => `${sent} events sent, ${dropped} left out`)
  return signal.aborted ? EXIT.interrupted : EXIT.done
}
