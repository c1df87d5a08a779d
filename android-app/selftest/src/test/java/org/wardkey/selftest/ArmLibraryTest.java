package org.wardkey.selftest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import com.github.unidbg.AndroidEmulator;
import com.github.unidbg.Emulator;
import com.github.unidbg.arm.Arm64Svc;
import com.github.unidbg.arm.context.RegisterContext;
import com.github.unidbg.linux.android.AndroidEmulatorBuilder;
import com.github.unidbg.linux.android.AndroidResolver;
import com.github.unidbg.linux.android.LogCatLevel;
import com.github.unidbg.linux.android.dvm.AbstractJni;
import com.github.unidbg.linux.android.dvm.DalvikModule;
import com.github.unidbg.linux.android.dvm.VM;
import com.github.unidbg.pointer.UnidbgPointer;
import com.sun.jna.Pointer;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import unicorn.Arm64Const;

/** The library as a phone gets it: arm64 instructions, Bionic's C library, JNI, uniffi's calls. */
public class ArmLibraryTest {
    /** uniffi's RustCallStatus: a code, and a RustBuffer for the error. */
    private static final int CALL_STATUS_BYTES = 32;

    /** uniffi's RustBuffer: capacity, length, address. */
    private static final int BUFFER_BYTES = 24;

    private static final byte SUCCESS = 0;
    private static final byte UNEXPECTED_ERROR = 2;
    private static final int INFO = 3;

    /** What went to Android's log: priority, tag and text. */
    private final List<String> logged = new ArrayList<>();

    private AndroidEmulator emulator;
    private VM vm;
    private DalvikModule library;

    @Before
    public void load() {
        File file = new File(System.getProperty("library"));
        assertTrue(file + " is missing", file.isFile());
        emulator = AndroidEmulatorBuilder.for64Bit().setProcessName("org.wardkey.app").build();
        // Without it a library that joins a thread hangs.
        emulator.getSyscallHandler().setEnableThreadDispatcher(true);
        emulator.getMemory().setLibraryResolver(new AndroidResolver(23));
        emulator.getMemory().addHookListener((memory, file1, symbol, address) ->
                symbol.equals("__android_log_write") ? memory.registerSvc(new LogWriter()).peer : 0);
        vm = emulator.createDalvikVM();
        vm.setJni(new AbstractJni() {});
        library = vm.loadLibrary(file, true);
    }

    @After
    public void close() throws IOException {
        emulator.close();
    }

    @Test
    public void theLogStartsOnce() {
        assertEquals(List.of(), logged);
        assertEquals("first", 1, startLog());
        String line = "INFO/Wardkey: .*: the log of wardkey-core .* begins";
        assertTrue(logged.toString(), logged.size() == 1 && logged.get(0).matches(line));
        assertEquals("again", 0, startLog());
        assertEquals(logged.toString(), 1, logged.size());
    }

    /** In place of the system's {@code __android_log_write(priority, tag, text)}. */
    private final class LogWriter extends Arm64Svc {
        @Override
        public long handle(Emulator<?> emulator) {
            RegisterContext call = emulator.getContext();
            LogCatLevel level = LogCatLevel.valueOf(call.getIntArg(0));
            String tag = call.getPointerArg(1).getString(0);
            logged.add(level.name() + "/" + tag + ": " + call.getPointerArg(2).getString(0));
            return 1;
        }
    }

    @Test
    public void everyKnownAnswerIsReached() {
        Map<String, Boolean> answers = knownAnswers(call("uniffi_wardkey_core_fn_func_self_test"));
        assertTrue(answers.toString(), answers.size() >= 8);
        answers.forEach((name, passed) -> assertTrue(name, passed));
    }

    /** The one proof that this build of the unwinder works: without it the process would end here. */
    @Test
    public void aPanicBecomesAnError() {
        UnidbgPointer status = allocate(CALL_STATUS_BYTES);
        long moreThanThereIs = -1;
        returningBuffer("ffi_wardkey_core_rustbuffer_alloc", moreThanThereIs, status);
        assertEquals(UNEXPECTED_ERROR, status.getByte(0));
        assertTrue(content(status.share(8)).length > 0);
    }

    /** Calls NativeLog.init as JNI does; by its address, for the emulator's JNI knows only short names. */
    private int startLog() {
        String function = "Java_org_wardkey_core_NativeLog_init__I";
        int nativeLog = vm.addLocalObject(vm.resolveClass("org/wardkey/core/NativeLog"));
        Number first = library.getModule().callFunction(emulator, function, vm.getJNIEnv(), nativeLog, INFO);
        return first.byteValue();
    }

    /** Calls a function without arguments of its own, and reads what it returns. */
    private byte[] call(String function) {
        UnidbgPointer status = allocate(CALL_STATUS_BYTES);
        byte[] returned = returningBuffer(function, status);
        assertEquals("status of " + function, SUCCESS, status.getByte(0));
        return returned;
    }

    /** Calls a function that returns a RustBuffer, which is where x8 points: arm64's calling convention. */
    private byte[] returningBuffer(String function, Object... arguments) {
        UnidbgPointer buffer = allocate(BUFFER_BYTES);
        emulator.getBackend().reg_write(Arm64Const.UC_ARM64_REG_X8, buffer.peer);
        library.getModule().callFunction(emulator, function, arguments);
        return content(buffer);
    }

    private static byte[] content(Pointer buffer) {
        int length = Math.toIntExact(buffer.getLong(8));
        return length == 0 ? new byte[0] : buffer.getPointer(16).getByteArray(0, length);
    }

    private UnidbgPointer allocate(int bytes) {
        UnidbgPointer pointer = emulator.getMemory().malloc(bytes, true).getPointer();
        pointer.write(0, new byte[bytes], 0, bytes);
        return pointer;
    }

    /** Reads uniffi's encoding of a list of records of a string and a boolean. */
    private static Map<String, Boolean> knownAnswers(byte[] encoded) {
        ByteBuffer bytes = ByteBuffer.wrap(encoded);
        Map<String, Boolean> answers = new LinkedHashMap<>();
        for (int left = bytes.getInt(); left > 0; left--) {
            byte[] name = new byte[bytes.getInt()];
            bytes.get(name);
            answers.put(new String(name, StandardCharsets.UTF_8), bytes.get() == 1);
        }
        assertFalse("bytes left over", bytes.hasRemaining());
        return answers;
    }
}
