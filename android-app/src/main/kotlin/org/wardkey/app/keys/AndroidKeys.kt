package org.wardkey.app.keys

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyProperties
import android.security.keystore.UserNotAuthenticatedException
import android.util.Log
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asExecutor
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeoutOrNull
import org.wardkey.core.HardwareKeys
import org.wardkey.core.KeyFailure
import org.wardkey.core.KeySpec
import org.wardkey.core.SigningPrompt
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.PrivateKey
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor
import java.util.concurrent.FutureTask
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.coroutines.resumeWithException
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * Keys in the phone's secure hardware, through Android Keystore. Safe to call from any thread: what blocks,
 * runs on [hardware].
 *
 * Nothing but a [KeyFailure] gets out, and everything ends in time: the core would wait for ever for an
 * Error, or for hardware that hangs. Keys that are finished when nobody wants them any more are deleted.
 *
 * @property prompts asks the person before each signature
 * @property hardware runs calls that may block for seconds
 * @property patience how long one call of the hardware, one prompt, and one call to list or delete may take
 */
internal class AndroidKeys(
    private val prompts: SigningPrompts,
    private val hardware: Executor = Dispatchers.IO.asExecutor(),
    private val patience: Patience = Patience(),
) : HardwareKeys {
    /** More than slow hardware and slow people need; keys are listed and deleted in a moment. */
    internal class Patience(
        val hardware: Duration = 2.minutes,
        val person: Duration = 5.minutes,
        val upkeep: Duration = 10.seconds,
    )

    override suspend fun generate(spec: KeySpec): List<ByteArray> = guarded(KeyTask.MAKE) {
        try {
            onHardware(undo = { discardLater(spec.alias) }) { make(spec) }
        } catch (cancelled: CancellationException) {
            // The key may have been on its way here.
            discardLater(spec.alias)
            throw cancelled
        }
    }

    override suspend fun sign(alias: String, message: ByteArray, prompt: SigningPrompt): ByteArray =
        guarded(KeyTask.USE) {
            val begun = onHardware { begin(alias) }
            val pinAllowed = prompt.pinAllowed && begun.opensWithPin
            val opened = withTimeoutOrNull(patience.person) {
                prompts.authenticate(begun.signature, prompt, pinAllowed)
            }
            onHardware { (opened ?: throw KeyFailure.TimedOut()).signed(message) }
        }

    override fun delete(alias: String) = translated(KeyTask.MANAGE) {
        inTime { keyStore().deleteEntry(alias) }
    }

    /** A failure if the hardware hangs, never too few: a key that is not listed counts as lost. */
    override fun aliases(): List<String> = translated(KeyTask.MANAGE) {
        inTime { keyStore().aliases().asSequence().toList() }
    }

    /** A key without its chain is of no use, so it does not stay. */
    private fun make(spec: KeySpec): List<ByteArray> {
        var made = emptyList<ByteArray>()
        try {
            val generator = KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, ANDROID)
            generator.initialize(spec.parameters())
            generator.generateKeyPair()
            made = keyStore().getCertificateChain(spec.alias).orEmpty().map { it.encoded }
        } finally {
            if (made.isEmpty()) discard(spec.alias)
        }
        return made.ifEmpty { throw KeyFailure.AttestationUnavailable() }
    }

    /** A signature for which a person must yet be verified. */
    private class Begun(val signature: Signature, val opensWithPin: Boolean)

    private fun begin(alias: String): Begun {
        val key = keyStore().getKey(alias, null) as? PrivateKey ?: throw KeyFailure.NotFound()
        val signature = Signature.getInstance("SHA256withECDSA")
        try {
            signature.initSign(key)
        } catch (_: UserNotAuthenticatedException) {
            // Nobody was asked yet. Android means that the phone was not unlocked with PIN or fingerprint.
            throw KeyFailure.DeviceLocked()
        }
        val info = KeyFactory.getInstance(key.algorithm, ANDROID).getKeySpec(key, KeyInfo::class.java)
        val opensWithPin = info.userAuthenticationType and KeyProperties.AUTH_DEVICE_CREDENTIAL != 0
        return Begun(signature, opensWithPin)
    }

    private fun Signature.signed(message: ByteArray): ByteArray {
        update(message)
        return sign()
    }

    /** Without waiting: whoever is cancelled must not be held up by hardware that hangs. */
    private fun discardLater(alias: String) = hardware.execute { discard(alias) }

    /** Best effort: what stays behind belongs to no passkey, and the next ceremony or start deletes it. */
    private fun discard(alias: String) {
        try {
            translated(KeyTask.MANAGE) { keyStore().deleteEntry(alias) }
        } catch (failure: KeyFailure) {
            Log.w(TAG, "a key that nobody wants could not be deleted yet: ${failure.javaClass.simpleName}")
        }
    }

    /**
     * Waits for [work] no longer than patience allows or the coroutine lives. The call itself cannot be
     * interrupted: if it succeeds when nobody waits any more, [undo] undoes it.
     */
    private suspend fun <T : Any> onHardware(undo: () -> Unit = {}, work: () -> T): T {
        val result = withTimeoutOrNull(patience.hardware) {
            suspendCancellableCoroutine { waiting ->
                hardware.execute {
                    if (waiting.isActive) {
                        runCatching(work)
                            .onSuccess { value -> waiting.resume(value) { _, _, _ -> undo() } }
                            .onFailure(waiting::resumeWithException)
                    }
                }
            }
        }
        return result ?: throw silence(patience.hardware)
    }

    /**
     * As [onHardware], for what the core asks without suspending; the calling thread waits. A deletion that
     * succeeds when nobody waits any more is one all the same.
     */
    private fun <T> inTime(work: () -> T): T {
        val task = FutureTask(work)
        hardware.execute(task)
        try {
            return task.get(patience.upkeep.inWholeMilliseconds, TimeUnit.MILLISECONDS)
        } catch (_: TimeoutException) {
            throw silence(patience.upkeep)
        } catch (failed: ExecutionException) {
            throw failed.cause ?: failed
        }
    }

    private fun silence(waited: Duration) = KeyFailure.Platform("the key store did not answer in $waited")
}

/** EC P-256 for signing SHA-256 digests; each use needs a person, and an unlocked phone. */
private fun KeySpec.parameters(): KeyGenParameterSpec {
    val pin = if (pinAllowed) KeyProperties.AUTH_DEVICE_CREDENTIAL else 0
    return KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
        .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
        .setDigests(KeyProperties.DIGEST_SHA256)
        .setIsStrongBoxBacked(strongBox)
        .setUserAuthenticationRequired(true)
        // No seconds: one verification, one signature.
        .setUserAuthenticationParameters(0, KeyProperties.AUTH_BIOMETRIC_STRONG or pin)
        // Without effect on a key that the PIN opens too.
        .setInvalidatedByBiometricEnrollment(true)
        .setUnlockedDeviceRequired(true)
        .setAttestationChallenge(attestationChallenge)
        .build()
}

/**
 * The core waits for ever for an answer that is neither a value nor a [KeyFailure], so nothing else gets out,
 * not even an Error. Only the cancellation of the waiting coroutine itself passes.
 */
@Suppress("TooGenericExceptionCaught")
private suspend fun <T> guarded(task: KeyTask, work: suspend () -> T): T = try {
    work()
} catch (_: CancellationException) {
    currentCoroutineContext().ensureActive()
    throw KeyFailure.Cancelled()
} catch (failure: Throwable) {
    throw keyFailure(task, failure)
}

/** As [guarded], for calls that do not wait. */
@Suppress("TooGenericExceptionCaught")
private fun <T> translated(task: KeyTask, work: () -> T): T = try {
    work()
} catch (failure: Throwable) {
    throw keyFailure(task, failure)
}

private fun keyStore(): KeyStore = KeyStore.getInstance(ANDROID).apply { load(null) }

private const val ANDROID = "AndroidKeyStore"
private const val TAG = "WardkeyKeys"
