/**
 * The same values from whichever way a statement goes: what JSON has. Times are text, and so are whole numbers that a
 * JavaScript number does not hold.
 *
 * @param text one statement that can stand in brackets: `select`, `values`, `table`, `with`, `show` not.
 * @returns a statement whose one value is all its rows.
 */
export function asOneValue(text: string): string {
  const statement = text.replace(/;\s*$/, '')
  // Unlike any column's name: that would be taken for the row.
  return `select coalesce(json_agg(row_to_json(sluice_row)), '[]')::text as rows from (\n${statement}\n) sluice_row`
}

export function readRows<Row extends object>(json: string): readonly Row[] {
  return JSON.parse(quoteLargeNumbers(json)) as readonly Row[]
}

/** A system identifier has 64 bits. */
export function quoteLargeNumbers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  )
}
