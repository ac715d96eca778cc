export function RegistriesPage() {
  return null
}
