export { failuresOf, judgeGates, type JudgedGate as GateResult } from '#contracts';
