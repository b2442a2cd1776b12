import { giveTextForm } from '../text-form/text-form.ts'

/** For each field a function that makes it of what is kept for it, the same for all fields. */
type Makers = Readonly<Record<string, (kept: never) => unknown>>
type Kept<M extends Makers> = Parameters<M[keyof M]>[0]
type Made<M extends Makers> = { readonly [K in keyof M]: ReturnType<M[K]> }

/** For a single list, of which the function that makes it is kept. */
export const given = <T>(list: () => T): T => list()

/** An object with fields that are made when they are asked for, and what they are made of. */
class Lazy<S> {
  readonly #kept: S

  static {
    giveTextForm(this.prototype)
  }

  constructor(kept: S) {
    this.#kept = kept
  }

  static accessor(make: (kept: never) => unknown): PropertyDescriptor {
    return {
      get(this: Lazy<never>) {
        return make(this.#kept)
      },
      enumerable: true,
    }
  }
}

/**
 * A function that makes objects of the fields given to it and of those that `makers` make when they are
 * asked for: own fields, so that a copy has them. All objects have the same getters: engines give an object
 * with getters of its own a hidden class of its own, in the memory that is collected seldom, and what that
 * holds is garbage as long (V8: 2,000 headers took seven times as long to decode).
 */
export function lazyFields<M extends Makers>(
  makers: M,
): <const P extends object>(present: P, kept: Kept<M>) => P & Made<M> {
  const accessors: PropertyDescriptorMap = {}
  for (const name in makers) accessors[name] = Lazy.accessor(makers[name]!)
  return (present, kept) =>
    Object.defineProperties(Object.assign(new Lazy(kept), present), accessors) as never
}
