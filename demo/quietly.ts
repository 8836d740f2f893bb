/**
 * Runs `make` without what it has to say on the console. oidc-provider warns that Node 20 is not supported,
 * on which it works all the same, and that its data is kept in memory, which here is the point.
 */
export async function quietly<T>(make: () => Promise<T>): Promise<T> {
  const { warn, info } = console
  Object.assign(console, { warn: () => {}, info: () => {} })
  try {
    return await make()
  } finally {
    Object.assign(console, { warn, info })
  }
}
