const refuse = (): never => {
  throw new TypeError('The configuration does not change.')
}

/** Freezes a value and everything in it. `Object.freeze` leaves a map open, so its own verbs are closed too. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    for (const verb of ['set', 'delete', 'clear']) Object.defineProperty(value, verb, { value: refuse })
    for (const [key, item] of value) {
      deepFreeze(key)
      deepFreeze(item)
    }
  }
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}
