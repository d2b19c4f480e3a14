export { failuresOf, isAbsolute, judgeGates, type JudgedGate as GateResult } from '#contracts';
