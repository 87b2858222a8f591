import { useQuery } from '@tanstack/react-query';

import { get, type Schemas } from '../api';

export type Vendor = Schemas['Vendor'];
export type VendorField = Schemas['VendorField'];

/** The API's description of every vendor. It changes with a deployment only. */
export function useVendors() {
  return useQuery({ ...get('/v1/vendors'), staleTime: Infinity });
}

/** What vendors are called; the id of one that the description does not have. */
export function useVendorName(): (id: string) => string {
  const { data } = useVendors();
  return (id) => data?.vendors.find((it) => it.id === id)?.name ?? id;
}
