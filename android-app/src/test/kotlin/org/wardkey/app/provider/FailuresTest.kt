package org.wardkey.app.provider

import androidx.credentials.exceptions.CreateCredentialCancellationException
import androidx.credentials.exceptions.CreateCredentialInterruptedException
import androidx.credentials.exceptions.GetCredentialCancellationException
import androidx.credentials.exceptions.GetCredentialInterruptedException
import androidx.credentials.exceptions.NoCredentialException
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.words.failure
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step

/** What of a failure reaches the caller, compared with the names on the wire. */
@RunWith(RobolectricTestRunner::class)
internal class FailuresTest {
    @Test
    fun `each of WebAuthn's errors keeps its name`() {
        val names = mapOf(
            DomError.CONSTRAINT to "CONSTRAINT",
            DomError.ENCODING to "ENCODING",
            DomError.INVALID_STATE to "INVALID_STATE",
            DomError.NOT_ALLOWED to "NOT_ALLOWED",
            DomError.NOT_SUPPORTED to "NOT_SUPPORTED",
            DomError.SECURITY to "SECURITY",
            DomError.UNKNOWN to "UNKNOWN",
        )
        assertEquals(DomError.entries.toSet(), names.keys)
        for ((error, name) in names) {
            val failure = PasskeyException.NotAllowed(failure(Reason.INVALID_REQUEST, error))
            val end = "DOM_EXCEPTION/androidx.credentials.TYPE_${name}_ERROR"
            val create = "androidx.credentials.TYPE_CREATE_PUBLIC_KEY_CREDENTIAL_$end"
            val get = "androidx.credentials.TYPE_GET_PUBLIC_KEY_CREDENTIAL_$end"
            assertEquals(create, failure.toCreateException().type)
            assertEquals(get, failure.toGetException().type)
        }
    }

    @Test
    fun `the person's no is a cancellation, the program's an interruption`() {
        for (reason in listOf(Reason.DECLINED, Reason.TIMED_OUT)) {
            val failure = PasskeyException.Cancelled(failure(reason))
            assertTrue(failure.toCreateException() is CreateCredentialCancellationException)
            assertTrue(failure.toGetException() is GetCredentialCancellationException)
        }
        val failure = PasskeyException.Interrupted(failure(Reason.CANCELLED))
        assertTrue(failure.toCreateException() is CreateCredentialInterruptedException)
        assertTrue(failure.toGetException() is GetCredentialInterruptedException)
    }

    @Test
    fun `no passkey is no credential, whatever became of it`() {
        for (reason in listOf(Reason.NO_PASSKEY, Reason.KEY_INVALIDATED)) {
            assertTrue(PasskeyException.NoCredential(failure(reason)).toGetException() is NoCredentialException)
        }
    }

    @Test
    fun `whoever asked is told what the core has for them, and no detail`() {
        for (told in listOf("for them", null)) {
            val failure = PasskeyException.Hardware(failure(Reason.KEY_STORE_FAILED).copy(forCaller = told))
            assertEquals(told, failure.toCreateException().errorMessage)
            assertEquals(told, failure.toGetException().errorMessage)
        }
        assertNull(PasskeyException.Cancelled(failure(Reason.DECLINED)).toCreateException().errorMessage)
    }

    @Test
    fun `every variant says what happened`() {
        val failure = failure(Reason.UNEXPECTED)
        val variants = listOf(
            PasskeyException.Cancelled(failure),
            PasskeyException.Interrupted(failure),
            PasskeyException.Excluded(failure),
            PasskeyException.NoCredential(failure),
            PasskeyException.NotAllowed(failure),
            PasskeyException.Hardware(failure),
            PasskeyException.Network(failure),
            PasskeyException.Internal(failure),
        )
        for (variant in variants) assertEquals(failure, variant.failure)
    }

    private fun failure(
        reason: Reason,
        error: DomError = DomError.NOT_ALLOWED,
    ) = Failure(Step.REQUEST, reason, "detail", error)
}
