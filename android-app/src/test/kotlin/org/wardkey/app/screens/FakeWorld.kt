package org.wardkey.app.screens

import android.app.Activity
import android.app.Application
import org.junit.Assert.assertTrue
import org.robolectric.RuntimeEnvironment
import org.wardkey.app.screens.diagnostics.FailureLog
import org.wardkey.app.screens.preflight.FakeProbes
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.Fix
import org.wardkey.core.KnownAnswer
import org.wardkey.core.Passkey
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.io.File

/** An application whose screens stand before a world that the test has made. */
internal class ScreenTestApplication : Application(), HasScreenWorld {
    override val screenWorld by lazy { FakeWorld(File(noBackupFilesDir, "failures")) }
}

/** The world of the test that is running. */
internal val world get() = (RuntimeEnvironment.getApplication() as ScreenTestApplication).screenWorld

internal class FakeWorld(failures: File) : ScreenWorld {
    override val probes = FakeProbes()
    override val failures = FailureLog(failures)
    var passkeys = mutableListOf<Passkey>()
    var configuration = unmanaged
    var answers = listOf(KnownAnswer("SHA-256", true), KnownAnswer("AES-256-GCM", true))

    /** How often keys of no passkey were looked for. */
    var sweeps = 0

    /** What everything fails with, if it does. */
    var failure: PasskeyException? = null

    /** What the core fails to open with, if it does. */
    var unopened: PasskeyException? = null

    /** What the self-test fails with, if it does. */
    var broken: LinkageError? = null

    override suspend fun passkeys(): List<Passkey> = orFail { passkeys.toList() }

    override suspend fun remove(activity: Activity, credentialId: ByteArray) = orFail {
        assertTrue("no such passkey", passkeys.removeIf { it.credentialId.contentEquals(credentialId) })
    }

    override suspend fun sweep(activity: Activity) = orFail { sweeps += 1 }

    override suspend fun configuration(): ConfigurationReport = unopened?.let { throw it } ?: configuration

    override suspend fun examineCore(): CoreFacts = broken?.let { throw it } ?: CoreFacts("0.1.0", answers)

    private fun <T> orFail(work: () -> T): T = failure?.let { throw it } ?: work()
}

internal val unmanaged = ConfigurationReport(
    allowedRelyingParties = null,
    strongBoxRequired = false,
    pinAllowed = true,
    tunnelDomain = "cable.ua5v.com",
    thisPhone = true,
    playServices = true,
    scanner = true,
    supportContact = null,
    problems = emptyList(),
)

internal fun failure(
    reason: Reason,
    step: Step = Step.STORAGE,
    detail: String = "in detail",
    fix: Fix? = null,
) = Failure(step, reason, detail, DomError.NOT_ALLOWED, fix = fix)

internal fun passkey(
    id: Byte = 1,
    rpId: String = "sign-in.example.org",
    userName: String = "clinician@example.org",
    invalidated: Boolean = false,
    strongBox: Boolean = true,
    lastUsed: ULong? = 1_790_000_000uL,
    witness: String? = "1234 5678 9012",
) = Passkey(
    credentialId = byteArrayOf(id, 2, 3),
    rpId = rpId,
    rpName = "Example sign-in",
    userName = userName,
    displayName = "Test clinician",
    created = 1_780_000_000uL,
    lastUsed = lastUsed,
    strongBox = strongBox,
    invalidated = invalidated,
    witness = witness,
)

/** As long as a site and an account may make them, with no place to break them but where the site's dots are. */
internal val longest = passkey(
    rpId = "${"sign-in-of-an-organization-with-a-name-that-takes-the-most-of-63.".repeat(3)}example.org",
    userName = "${"clinician".repeat(20)}@example.org",
).copy(displayName = "Test ${"clinician".repeat(20)}")
