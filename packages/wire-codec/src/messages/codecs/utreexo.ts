import {
  MAX_UTREEXO_HASHES,
  MAX_UTREEXO_TARGETS,
  readUtreexoProof,
  readUtreexoProofRequest,
  writeUtreexoProof,
  writeUtreexoProofRequest,
} from '../../utreexo/utreexo-proof.ts'
import type { MessageCodec } from '../codec.ts'
import type { MessageOf } from '../message.ts'
import { checkLength } from './check-length.ts'

export const getUProofCodec: MessageCodec<MessageOf<'getuproof'>> = {
  command: 'getuproof',
  shortId: 30,
  decode: (reader) => ({ type: 'getuproof', request: readUtreexoProofRequest(reader) }),
  encode: ({ request }, writer) => writeUtreexoProofRequest(writer, request),
}

export const uProofCodec: MessageCodec<MessageOf<'uproof'>> = {
  command: 'uproof',
  shortId: 29,
  decode: (reader) => ({ type: 'uproof', proof: readUtreexoProof(reader) }),
  encode({ proof }, writer) {
    checkLength('proofHashes', proof.proofHashes.length, MAX_UTREEXO_HASHES)
    checkLength('targets', proof.targets.length, MAX_UTREEXO_TARGETS)
    checkLength('leafData', proof.leafData.length, MAX_UTREEXO_TARGETS)
    writeUtreexoProof(writer, proof)
  },
}
