/**
 * Messages of Utreexo.
 * https://github.com/bitcoin/bips/blob/master/bip-0183.md
 * @module
 */

import {
  MAX_UTREEXO_HASHES,
  MAX_UTREEXO_PROOF_SIZE,
  MAX_UTREEXO_TARGETS,
  readUtreexoProof,
  readUtreexoProofRequest,
  writeUtreexoProof,
  writeUtreexoProofRequest,
} from '../../utreexo/utreexo-proof.ts'
import {
  MAX_UTREEXO_ROOTS,
  MAX_UTREEXO_TREE_HASHES,
  readUtreexoRoots,
  writeUtreexoRoots,
} from '../../utreexo/utreexo-roots.ts'
import { readUtreexoTransaction, writeUtreexoTransaction } from '../../utreexo/utreexo-transaction.ts'
import {
  MAX_BLOCK_TTLS,
  MAX_UTREEXO_TTLS,
  readUtreexoTtls,
  readUtreexoTtlsRequest,
  writeUtreexoTtls,
  writeUtreexoTtlsRequest,
} from '../../utreexo/utreexo-ttls.ts'
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
  maxPayload: MAX_UTREEXO_PROOF_SIZE,
  decode: (reader) => ({ type: 'uproof', proof: readUtreexoProof(reader) }),
  encode({ proof }, writer) {
    checkLength('proofHashes', proof.proofHashes.length, MAX_UTREEXO_HASHES)
    checkLength('targets', proof.targets.length, MAX_UTREEXO_TARGETS)
    checkLength('leafData', proof.leafData.length, MAX_UTREEXO_TARGETS)
    writeUtreexoProof(writer, proof)
  },
}

export const getURootCodec: MessageCodec<MessageOf<'geturoot'>> = {
  command: 'geturoot',
  shortId: 36,
  decode: (reader) => ({ type: 'geturoot', blockHash: reader.blockHash() }),
  encode: ({ blockHash }, writer) => void writer.hash(blockHash),
}

export const uRootCodec: MessageCodec<MessageOf<'uroot'>> = {
  command: 'uroot',
  shortId: 35,
  decode: (reader) => ({ type: 'uroot', state: readUtreexoRoots(reader) }),
  encode({ state }, writer) {
    checkLength('roots', state.roots.length, MAX_UTREEXO_ROOTS)
    checkLength('proofHashes', state.proofHashes.length, MAX_UTREEXO_TREE_HASHES)
    writeUtreexoRoots(writer, state)
  },
}

export const getUTtlsCodec: MessageCodec<MessageOf<'getuttls'>> = {
  command: 'getuttls',
  shortId: 32,
  decode: (reader) => ({ type: 'getuttls', request: readUtreexoTtlsRequest(reader) }),
  encode: ({ request }, writer) => writeUtreexoTtlsRequest(writer, request),
}

export const uTtlsCodec: MessageCodec<MessageOf<'uttls'>> = {
  command: 'uttls',
  shortId: 31,
  decode: (reader) => ({ type: 'uttls', ttls: readUtreexoTtls(reader) }),
  encode({ ttls }, writer) {
    checkLength('blocks', ttls.blocks.length, MAX_UTREEXO_TTLS)
    for (const { deathHeights } of ttls.blocks)
      checkLength('deathHeights', deathHeights.length, MAX_BLOCK_TTLS)
    checkLength('proofHashes', ttls.proofHashes.length, MAX_UTREEXO_TREE_HASHES)
    writeUtreexoTtls(writer, ttls)
  },
}

export const utreexoTxCodec: MessageCodec<MessageOf<'utreexotx'>> = {
  command: 'utreexotx',
  shortId: 34,
  decode: (reader) => ({ type: 'utreexotx', proved: readUtreexoTransaction(reader) }),
  encode({ proved }, writer) {
    checkLength('proofHashes', proved.proofHashes.length, MAX_UTREEXO_HASHES)
    checkLength('targets', proved.targets.length, MAX_UTREEXO_TARGETS)
    writeUtreexoTransaction(writer, proved)
  },
}
