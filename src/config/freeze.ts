const refuse = (): never => {
  throw new TypeError('The configuration does not change.')
}

/** Freezes a value and everything in it. `Object.freeze` leaves maps and sets open, so their own verbs are closed too. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map || value instanceof Set) {
    for (const verb of ['set', 'add', 'delete', 'clear'])
      Object.defineProperty(value, verb, { value: refuse })
    for (const entry of value.entries()) entry.forEach(deepFreeze)
  }
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}
