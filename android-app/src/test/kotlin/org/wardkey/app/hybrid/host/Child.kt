package org.wardkey.app.hybrid.host

import java.io.File
import java.io.IOException
import java.io.InputStream
import java.util.Collections
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** A program under test: what it prints is read as it comes, and what it says is kept for the end. */
internal class Child(command: List<String>, private val kind: String) : AutoCloseable {
    private val process: Process = ProcessBuilder(command).start()
    private val printed = LinkedBlockingQueue<String>()
    private val said = Collections.synchronizedList(mutableListOf<String>())
    private val sayings = LinkedBlockingQueue<String>()
    private val readers = listOf(
        thread { read(process.inputStream, printed::add) },
        thread {
            read(process.errorStream) { line ->
                said += line
                sayings.add(line)
            }
        },
    )

    private fun read(stream: InputStream, heard: (String) -> Unit) {
        try {
            stream.bufferedReader().forEachLine(heard)
        } catch (_: IOException) {
            // Killed: the stream was closed under us.
        }
        (if (stream === process.inputStream) printed else sayings).add(END)
    }

    /** The next line on standard output; null when there will be none. */
    fun prints(): String? = next(printed)

    /** The first line on standard error that holds [text]. */
    fun tells(text: String): String {
        while (true) {
            val line = next(sayings) ?: throw AssertionError("$kind ended without \"$text\": ${words()}")
            if (text in line) return line
        }
    }

    /** Gives it a line on standard input. Whether it still listens shows in its end. */
    fun hears(line: String) {
        try {
            process.outputStream.apply { write("$line\n".toByteArray()) }.flush()
        } catch (_: IOException) {
            // It has ended.
        }
    }

    /** Waits until it has ended; returns its exit code. */
    fun end(): Int {
        check(process.waitFor(PATIENCE, TimeUnit.SECONDS)) { "$kind does not end: ${words()}" }
        readers.forEach { it.join() }
        return process.exitValue()
    }

    /** Everything it said so far. */
    fun words(): String = synchronized(said) { said.joinToString("\n") }

    /** SIGKILL: it gets no chance to clean up. */
    fun kill() {
        process.destroyForcibly().waitFor()
    }

    override fun close() = kill()

    private fun next(lines: LinkedBlockingQueue<String>): String? {
        val line = lines.poll(PATIENCE, TimeUnit.SECONDS)
            ?: throw AssertionError("$kind is silent: ${words()}")
        if (line == END) lines.add(END)
        return line.takeIf { it != END }
    }

    companion object {
        /** Long enough for the slowest machine; no test waits for it to pass. */
        private const val PATIENCE = 60L
        private const val END = "\u0000"

        private val LIBRARIES get() = File("target/host-phone.classpath").readText().trim()

        /** The project's host programs. */
        fun wardkey(vararg arguments: String) =
            Child(listOf(checkNotNull(System.getProperty("wardkey.command")), *arguments), "wardkey")

        /** The app's driver as a program of its own. */
        fun hostPhone(vararg arguments: String) = Child(
            listOf(
                File(System.getProperty("java.home"), "bin/java").path, "-Xmx256m", "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-Djna.nosys=true",
                "-Djna.library.path=${System.getProperty("jna.library.path")}",
                "-cp", "target/test-classes:target/classes:$LIBRARIES",
                HostPhone::class.java.name, *arguments,
            ),
            "the phone",
        )
    }
}
