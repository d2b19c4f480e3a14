/** Now and then a payment twice, one with a negative amount, one without an amount. */
export const faultsBeside = (event: object, left: number): object[] => [
  ...(left % 900 === 400 ? [event] : []),
  ...(left % 1_500 === 700 ? [{ ...event, transaction_id: `${left}-x`, amount: -1 }] : []),
  ...(left % 2_500 === 900 ? [{ ...event, transaction_id: `${left}-y`, amount: undefined }] : []),
];
