import { formatPeerAddress } from '@sapwood/wire-codec'
import type { Surroundings } from '../connecting/surroundings.ts'
import { EXIT, type ExitCode } from '../errors/exit-code.ts'
import { describePayload } from '../messages/describe-message.ts'
import { lookAtPeer, type LookOptions } from '../peer-view/look-at-peer.ts'
import type { WatchedMessage } from '../peer-view/peer-step.ts'
import { messageText, stepText } from '../peer-view/step-text.ts'
import { readAddress } from '../options/read-address.ts'
import { createReport } from '../terminal/report.ts'

/** What `sapwood peer` is told. */
export type PeerOptions = Omit<LookOptions, 'watch'> & { readonly watch?: true }

/** Looks at one peer after the other. @returns the first exit code that is not 0. */
export async function peerCommand(
  addresses: readonly string[],
  options: PeerOptions,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const report = createReport(surroundings.io, options)
  const parsed = addresses.map((text) => readAddress(text, options.network))
  let worst: ExitCode = EXIT.done
  for (const address of parsed) {
    const peer = formatPeerAddress(address)
    if (!options.json) surroundings.io.out(`${peer}\n`)
    const watch = ({ payload, ...facts }: WatchedMessage): void => {
      const { message, malformed } = describePayload(facts.command, payload)
      report.line(
        {
          type: 'message',
          peer,
          ...facts,
          ...(message !== undefined && { message }),
          ...(malformed !== undefined && { malformed }),
        },
        () => messageText({ payload, ...facts }),
      )
    }
    const { watch: isWatched, ...rest } = options
    const code = await lookAtPeer(
      address,
      { ...rest, ...(isWatched === true && { watch }) },
      surroundings,
      (step) => report.line({ type: 'step', peer, ...step }, () => stepText(step)),
    )
    if (code === EXIT.interrupted) return code
    if (worst === EXIT.done) worst = code
  }
  return worst
}
