/** A type of the contract as it is rendered: read-only, and what may be left out may be undefined. */
export type Wire<T> = T extends readonly (infer Item)[]
  ? readonly Wire<Item>[]
  : T extends object
    ? {
        readonly [Key in keyof T]: Record<never, never> extends Pick<T, Key>
          ? Wire<T[Key]> | undefined
          : Wire<T[Key]>
      }
    : T
