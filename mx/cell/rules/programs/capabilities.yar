// What a program could do, by what it imports and how it is packed; for artifacts that are programs alone.
// None of this is certain: installers unpack themselves, and remote support watches keys.
import "math"
import "pe"

rule runs_code_in_other_programs
{
    meta:
        name = "Capability.ProcessInjection"
        severity = "suspicious"
    condition:
        pe.is_pe and pe.imports("kernel32.dll", "WriteProcessMemory")
        and (pe.imports("kernel32.dll", "CreateRemoteThread") or pe.imports("kernel32.dll", "QueueUserAPC")
             or pe.imports("kernel32.dll", "SetThreadContext"))
}

rule downloads_and_runs
{
    meta:
        name = "Capability.DownloadsAndRuns"
        severity = "suspicious"
    condition:
        pe.is_pe and (pe.imports("urlmon.dll", "URLDownloadToFileA") or pe.imports("urlmon.dll", "URLDownloadToFileW"))
        and (pe.imports("shell32.dll", "ShellExecuteA") or pe.imports("shell32.dll", "ShellExecuteW")
             or pe.imports("kernel32.dll", "WinExec") or pe.imports("kernel32.dll", "CreateProcessA")
             or pe.imports("kernel32.dll", "CreateProcessW"))
}

rule watches_the_keyboard
{
    meta:
        name = "Capability.Keylogging"
        severity = "suspicious"
    condition:
        pe.is_pe and pe.imports("user32.dll", "GetAsyncKeyState")
        and (pe.imports("user32.dll", "SetWindowsHookExA") or pe.imports("user32.dll", "SetWindowsHookExW"))
}

rule is_packed
{
    meta:
        name = "Capability.Packed"
        severity = "suspicious"
    condition:
        pe.is_pe and for any section in pe.sections : (
            section.characteristics & 0x20000000 != 0 and section.raw_data_size >= 4096
            and math.entropy(section.raw_data_offset, section.raw_data_size) > 7.2
        )
}
