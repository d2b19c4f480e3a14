interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (string | { readonly value: string; readonly text: string })[];
  readonly onChange: (value: string) => void;
}

export const Choice = ({ label, value, options, onChange }: ChoiceProps) => (
  <label className="choice">
    <span>{label}</span>
    <select value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map((option) => {
        const { value: own, text } = typeof option === 'string' ? { value: option, text: option } : option;
        return (
          <option key={own} value={own}>
            {text}
          </option>
        );
      })}
    </select>
  </label>
);
