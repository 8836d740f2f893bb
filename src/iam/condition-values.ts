import { readRange } from './address.js'
import type { ValueType } from './operators.js'

/** W3C's profile of ISO 8601, which is what IAM documents, with a time zone wherever there is a time. */
const isoDate = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?)?)?$/

/** Milliseconds of a date as conditions write it, ISO 8601 or seconds since 1970; undefined for neither. */
export function readDate(text: string): number | undefined {
  // Four digits alone are a year as well as seconds: which of them AWS reads is not documented.
  const time = /^(\d{1,3}|\d{5,12})$/.test(text)
    ? Number(text) * 1_000
    : isoDate.test(text)
      ? Date.parse(text)
      : NaN
  return Number.isFinite(time) ? time : undefined
}

/** A number as conditions write it; undefined for anything else. */
export function readNumber(text: string): number | undefined {
  const value = /^-?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : NaN
  return Number.isFinite(value) ? value : undefined
}

export function readBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}

/** Says in a sentence why a value without variables is none of its operator's, or undefined. */
export function valueFault(text: string, type: ValueType): string | undefined {
  const shown = JSON.stringify(text)
  if (type === 'date' && readDate(text) === undefined)
    return `${shown} is no date such as 2026-11-22T12:00:00Z, nor seconds since 1970.`
  if (type === 'number' && readNumber(text) === undefined) return `${shown} is no number.`
  if ((type === 'boolean' || type === 'null') && readBoolean(text) === undefined)
    return `${shown} is neither true nor false.`
  if (type === 'address' && readRange(text) === undefined)
    return `${shown} is no address or range of addresses, such as 203.0.113.0/24.`
  if (type === 'binary' && !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return `${shown} is not base64.`
  return undefined
}
