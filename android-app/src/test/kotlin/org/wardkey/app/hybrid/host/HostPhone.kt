package org.wardkey.app.hybrid.host

import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.wardkey.app.boundary.startLog
import org.wardkey.app.hybrid.HybridDriver
import org.wardkey.app.hybrid.OkHttpTunnel
import org.wardkey.app.hybrid.TunnelAccess
import org.wardkey.app.storage.SnapshotFile
import org.wardkey.app.words.failure
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.Failure
import org.wardkey.core.FetchException
import org.wardkey.core.HybridOutcome
import org.wardkey.core.PasskeyException
import org.wardkey.core.PasskeyProvider
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.drainCapturedLog
import java.io.File
import java.nio.channels.FileChannel
import java.nio.file.StandardOpenOption
import kotlin.system.exitProcess
import kotlin.time.TimeSource

/**
 * The app's hybrid driver as a program: a phone on a plain JVM with the real core, that is used like the
 * project's `wardkey phone` (`scan` with a radio of lines, and `root`), so that whatever tests the one can
 * test the other.
 *
 * Keys and passkeys outlive the process in the folder of `--state`, as they do on a phone.
 */
internal object HostPhone {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val result = try {
            val options = Options.parse(arguments.toList())
            when (options.command) {
                Command.ROOT -> root(options)
                Command.SCAN -> scan(options)
            }
        } catch (wrong: WrongUse) {
            System.err.println(wrong.message)
            Ended.MISUSED
        }
        System.out.flush()
        // OkHttp's threads stay for a minute otherwise.
        exitProcess(result.code)
    }

    private enum class Ended(val code: Int) { WELL(0), FAILED(1), MISUSED(2) }

    private fun root(options: Options): Ended {
        print(FolderKeys(options.state).rootPem())
        return Ended.WELL
    }

    private fun scan(options: Options): Ended {
        if (options.log != null) startLog()
        val start = TimeSource.Monotonic.markNow()
        val now = { start.elapsedNow().inWholeMilliseconds.toULong() }
        val storage = SnapshotFile(File(options.state, "passkeys"), folders = ::syncFolder)
        val provider = PasskeyProvider(storage, NoLinks, """{"apps":[]}""", false)
        val keys = FolderKeys(options.state, options.user)
        val person = HostPerson(options.user, options.patience)
        val outcome = try {
            val access = TunnelAccess(options.tunnel, options.authority?.let(::trustOnly))
            val driver = HybridDriver(OkHttpTunnel(access.client), LinesAdvertiser, now)
            provider.scan(options.code, now()).use { phone ->
                runBlocking {
                    val telling = launch {
                        driver.progress.collect { steps -> steps.lastOrNull()?.let { tell(it.step) } }
                    }
                    driver.run(phone) { provider.answer(it, keys, person) }.also { telling.cancel() }
                }
            }
        } catch (refused: PasskeyException) {
            HybridOutcome.Failed(refused.failure)
        }
        options.log?.writeText(drainCapturedLog().joinToString("\n"))
        return when (outcome) {
            is HybridOutcome.Registered -> {
                outcome.witness?.let {
                    System.err.println("phone: code to compare with a registration authority: $it")
                }
                println("Passkey created.")
                Ended.WELL
            }
            is HybridOutcome.SignedIn -> {
                println("Signed in.")
                Ended.WELL
            }
            is HybridOutcome.Failed -> {
                System.err.println("phone: ${wordsFor(outcome.failure)}")
                Ended.FAILED
            }
        }
    }

    /** As a JVM can. */
    private fun syncFolder(folder: File) =
        FileChannel.open(folder.toPath(), StandardOpenOption.READ).use { it.force(true) }

    private fun tell(step: Step) = System.err.println("phone: ${wordsFor(step)}")

    /** `wardkey phone`'s words, where the core's are others. */
    private fun wordsFor(failure: Failure): String = when (failure.reason) {
        Reason.ALREADY_REGISTERED -> "this phone already has a passkey for the account"
        Reason.NO_PASSKEY -> "this phone has no working passkey for the site"
        else -> "${failure.detail} (${failure.step}, ${failure.reason})"
    }

    private fun wordsFor(step: Step): String =
        if (step == Step.USER) "waiting for the person to decide" else step.name.lowercase()

    /** No app of this phone asks for anything. */
    private object NoLinks : AssetLinkFetcher {
        override suspend fun fetch(url: String): String =
            throw FetchException.Failed("no network but the tunnel")
    }
}
