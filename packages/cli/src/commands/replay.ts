import { readCapture } from '@sapwood/peer'
import type { Connection } from '@sapwood/transport-v1v2'
import { addAbortListener, type Clock, removeAbortListener } from '@sapwood/transport-v1v2/environment'
import { COMMAND_SIZE } from '@sapwood/wire-codec'
import { openConnection } from '../connecting/open-connection.ts'
import type { Surroundings } from '../connecting/surroundings.ts'
import { readSource } from '../decoding/read-source.ts'
import { CommandError, usageError } from '../errors/command-error.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { describePayload } from '../messages/describe-message.ts'
import type { CommonOptions } from '../options/common-options.ts'
import { readAddress } from '../options/read-address.ts'
import { createReport, type Report } from '../terminal/report.ts'

/** What `sapwood replay` is told. */
export interface ReplayOptions extends CommonOptions {
  /** Without the pauses that the file has. */
  readonly atOnce?: true
  /** Milliseconds in which answers to the last message are waited for. */
  readonly wait: number
}

/** Says to a peer what a capture file (`msgs_sent.dat`) says, and shows the answers. */
export async function replayCommand(
  file: string,
  text: string,
  options: ReplayOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { clock, signal, io } = surroundings
  const address = readAddress(text, options.network)
  const report = createReport(io, options)
  const bytes = await readSource(file, surroundings)
  if (bytes === undefined) throw usageError(`there is no file '${file}'`)
  const messages = [...readCapture(bytes)]
  if (messages.length === 0) throw new CommandError(`${file} has no messages`)
  const connection = await openConnection(address, options, surroundings, () => undefined)
  const onAbort = (): void => connection.abort(new Error('interrupted'))
  addAbortListener(signal, onAbort)
  const answers = tellAnswers(connection, report)
  let failure: Error | undefined
  try {
    let before = messages[0]!.time
    for (const { time, command, payload } of messages) {
      const pause = options.atOnce === true ? 0 : Math.max(0, (time - before) / 1_000)
      before = time
      if (await endedWithin(clock, pause, answers.ended)) break
      if (!connection.writer.send({ command, payload })) await connection.writer.ready()
      report.line(
        { type: 'replayed', direction: 'sent', command, bytes: payload.length },
        () => `> ${command.padEnd(COMMAND_SIZE)} ${payload.length} bytes`,
      )
    }
    await endedWithin(clock, options.wait, answers.ended)
    failure = answers.failure()
  } finally {
    removeAbortListener(signal, onAbort)
    await connection.writer.close().catch(() => undefined)
    connection.abort(new Error('done'))
    await answers.ended
  }
  if (signal.aborted) return EXIT.interrupted
  if (failure !== undefined) throw failure
  return answers.closedByRemote() ? EXIT.refused : EXIT.done
}

/** Shows what comes. `ended` is fulfilled with true when nothing comes any more, and never rejects. */
function tellAnswers(
  { reader }: Connection,
  report: Report,
): {
  readonly ended: Promise<boolean>
  closedByRemote(): boolean
  /** What the connection ended by, where that was no end in order. */
  failure(): Error | undefined
} {
  let closed = false
  let failure: Error | undefined
  const ended = (async () => {
    try {
      for (let batch = await reader.read(); batch !== null; batch = await reader.read()) {
        for (const { command, payload } of batch) {
          const { summary, ...described } = describePayload(command, payload)
          report.line(
            { type: 'replayed', direction: 'received', command, bytes: payload.length, ...described },
            () => `< ${command.padEnd(COMMAND_SIZE)} ${payload.length} bytes  ${summary}`,
          )
        }
      }
      closed = true
    } catch (error) {
      // Aborted by us, or cut by the remote, or what it says is no message: no more answers in any case.
      failure = error as Error
    }
    return true
  })()
  return { ended, closedByRemote: () => closed, failure: () => failure }
}

/** Waits so many milliseconds, or until it has ended. */
async function endedWithin(clock: Clock, milliseconds: number, ended: Promise<boolean>): Promise<boolean> {
  let cancel = (): void => undefined
  const over = new Promise<boolean>((resolve) => {
    cancel = clock.setTimer(milliseconds, () => resolve(false))
  })
  try {
    return await Promise.race([over, ended])
  } finally {
    cancel()
  }
}
