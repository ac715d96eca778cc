export function IgnorePage() {
  return null
}
