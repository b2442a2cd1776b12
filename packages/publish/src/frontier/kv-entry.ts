import type { KvEntry } from '@nats-io/kv'

/** Whether a bucket has an entry, and not the word that it was deleted. */
export function isThere(entry: KvEntry | null): entry is KvEntry {
  return entry !== null && entry.operation === 'PUT'
}
