package org.wardkey.app.hybrid.host

import java.io.File
import java.net.InetSocketAddress
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** What the program cannot understand, for whoever called it. */
internal class WrongUse(message: String) : Exception(message)

internal enum class Command { SCAN, ROOT }

/** What the phone's user does when asked. */
internal enum class Behaviour(val word: String) {
    APPROVE("approve"),
    DENY("deny"),
    IGNORE("ignore"),
    FAIL_VERIFICATION("uv-fail"),

    /** Agrees, and then leaves the prompt for finger or face open. */
    HESITATE("hesitate"),
}

/** The part of `wardkey phone`'s command line that this phone has. */
internal class Options(
    val command: Command,
    val state: File,
    val code: String,
    val user: Behaviour,
    val patience: Duration,
    val tunnel: InetSocketAddress?,
    val authority: File?,
    /** Where to write the core's log, at its most talkative. */
    val log: File?,
) {
    companion object {
        private val NAMES = setOf("--state", "--user", "--patience", "--tunnel", "--ca", "--radio", "--log")

        fun parse(arguments: List<String>): Options {
            val named = mutableMapOf<String, String>()
            val others = mutableListOf<String>()
            val rest = arguments.iterator()
            while (rest.hasNext()) {
                val word = rest.next()
                when {
                    word in NAMES ->
                        named[word] = if (rest.hasNext()) rest.next() else fail("$word needs a value")
                    word.startsWith("--") -> fail("this phone has no option $word")
                    else -> others += word
                }
            }
            if (named.getOrDefault("--radio", "lines") != "lines") fail("this phone's only radio is lines")
            val command = when (others.take(2)) {
                listOf("phone", "scan") -> Command.SCAN
                listOf("phone", "root") -> Command.ROOT
                else -> fail("expected `phone scan FIDO:/…` or `phone root`")
            }
            return Options(
                command,
                File(named["--state"] ?: fail("--state is missing")),
                others.getOrElse(2) { if (command == Command.SCAN) fail("the code is missing") else "" },
                behaviour(named["--user"] ?: Behaviour.APPROVE.word),
                seconds(named["--patience"] ?: "60"),
                named["--tunnel"]?.let(::address),
                named["--ca"]?.let(::File),
                named["--log"]?.let(::File),
            )
        }

        private fun behaviour(word: String) =
            Behaviour.entries.find { it.word == word } ?: fail("no user does `$word`")

        private fun seconds(text: String) = (text.toIntOrNull() ?: fail("--patience takes seconds")).seconds

        private fun address(text: String): InetSocketAddress {
            val port = text.substringAfterLast(':', "").toIntOrNull() ?: fail("--tunnel takes HOST:PORT")
            return InetSocketAddress(text.substringBeforeLast(':'), port)
        }

        private fun fail(message: String): Nothing = throw WrongUse(message)
    }
}
