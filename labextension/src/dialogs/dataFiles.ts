/** The endings of files that a job can read as records; `formats/` of the server has the same. */
const DATA_ENDINGS = new Set(
  'json jsonl jsons ndjson csv tsv tab txt xml parquet pq arrow feather avro orc xlsx xlsm sql'.split(
    ' '
  )
);

/** Return whether the name of a file says that it holds records, or a query for them. */
export function isDataFile(name: string): boolean {
  const parts = name
    .toLowerCase()
    .replace(/\.(gz|bz2|xz|zst)$/, '')
    .split('.');
  return parts.length > 1 && DATA_ENDINGS.has(parts[parts.length - 1]);
}
