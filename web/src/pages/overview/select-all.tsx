type SelectAllProps = {
  keys: readonly string[]
  chosen: ReadonlySet<string>
  onChoose: (keys: readonly string[], isOn: boolean) => void
  label: string
}

/** A box for several rows at once: half ticked where some of them are. */
export function SelectAll({ keys, chosen, onChoose, label }: SelectAllProps) {
  const on = keys.filter((key) => chosen.has(key)).length
  return (
    <input
      type="checkbox"
      aria-label={label}
      className="checkbox checkbox-xs checkbox-primary"
      disabled={keys.length === 0}
      checked={on > 0 && on === keys.length}
      ref={(box) => {
        if (box) box.indeterminate = on > 0 && on < keys.length
      }}
      onChange={(event) => onChoose(keys, event.target.checked)}
    />
  )
}
