export function ServicePage() {
  return null
}
export function ContainerPage() {
  return null
}
